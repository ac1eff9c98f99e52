"""RFC 4475: valid messages that look wrong, and wrong ones that do not.

`{host}` and `{port}` are the sending server's.
"""

from __future__ import annotations


def _message(start: str, *headers: str, body: str = "") -> str:
    return "\r\n".join((start, *headers)) + "\r\n\r\n" + body


_VIA = "Via: SIP/2.0/TLS {host}:{port};branch=z9hG4bK-torture"
_ENDS = ("From: sip:j@example.test;tag=1918181833n", "To: <sip:alice@pbx.test>")
_USUAL = (*_ENDS, _VIA, "Max-Forwards: 70", "Call-ID: torture@{host}")
_EMPTY = "Content-Length: 0"
_SDP = (
    "v=0\r\no=mhandley 29739 7272939 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\n"
    "m=audio 49217 RTP/AVP 0 12\r\nm=video 3227 RTP/AVP 31\r\na=rtpmap:31 LPC\r\n"
)
_WITH_SDP = ("Contact: <sip:caller@{host}:{port};transport=tls>", "Content-Type: application/sdp",
             f"Content-Length: {len(_SDP)}")  # fmt: skip

MESSAGES = (
    # 3.1.1.1 wsinv: a short tortuous INVITE
    _message(
        "INVITE sip:vivekg@chair-dnrc.example.test;unknownparam SIP/2.0",
        "TO :\r\n sip:vivekg@chair-dnrc.example.test ;   tag    = 1918181833n",
        'from   : "J Rosenberg \\\\\\""       <sip:jdrosen@example.test>\r\n  ;\r\n  tag = 98asjd8',
        "MaX-fOrWaRdS: 0068", "Call-ID: wsinv.ndaksdj@192.0.2.1", _EMPTY,
        "cseq: 0009\r\n  INVITE", "Via  : SIP  /   2.0\r\n /UDP\r\n    192.0.2.2;branch=390skdjuw",
        "s :", "NewFangledHeader:   newfangled value\r\n continued newfangled value",
        "UnknownHeaderWithUnusualValue: ;;,,;;,;",
        "Content-Type: application/sdp",
        "Route:\r\n <sip:services.example.test;lr;unknownwith=value;unknown-no-value>",
        "v:  SIP  / 2.0  / TCP     spindle.example.test   ;\r\n  branch  =   z9hG4bK9ikj8  ,\r\n"
        " SIP  /    2.0   / UDP  192.168.255.111   ; branch=\r\n z9hG4bK30239",
        'm:"Quoted string \\"\\"" <sip:jdrosen@example.test> ; newparam =\r\n'
        "      newvalue ;\r\n  secondparam ; q = 0.33",
    ),
    # 3.1.1.2 intmeth: a wide range of valid characters
    _message(
        "!interesting-Method0123456789_*+`.%indeed'~ sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,"
        "/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@example.test SIP/2.0",
        _VIA, 'To: "BEL:\x07 NUL:\\\x00 DEL:\x7f" <sip:1_unusual.URI~(to-be!sure)@example.test>',
        "From: token1~` token2'+_ token3*%!.- <sip:mundane@example.test>;fromParam''~+*_!.-%="
        '"\u0440\u0430\u0431\u043e\u0442\u0430\u044e\u0449\u0438\u0439";tag=_token~1\'+`*%!-.',
        "Call-ID: intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{",
        "CSeq: 139122385 !interesting-Method0123456789_*+`.%indeed'~", "Max-Forwards: 255",
        "extensionHeader-!.%*+_`'~:\ufeff\u5927\u505c\u96fb", _EMPTY,
    ),
    # 3.1.1.3 esc01, 3.1.1.4 escnull: escapes in URIs
    _message(
        "INVITE sip:sips%3Auser%40example.test@example.test SIP/2.0", *_USUAL,
        "CSeq: 234234 INVITE", *_WITH_SDP, body=_SDP,
    ),
    _message(
        "REGISTER sip:example.test SIP/2.0", "To: sip:null-%00-null@example.test",
        "From: sip:null-%00-null@example.test;tag=839923423", _VIA, "Max-Forwards: 70",
        "Call-ID: escnull", "CSeq: 14398234 REGISTER", "Contact: <sip:%00@{host}>",
        "Contact: <sip:%00%00@{host}>", _EMPTY,
    ),
    # 3.1.1.5 esc02: a percent sign that escapes nothing
    _message(
        "RE%47IST%45R sip:registrar.example.test SIP/2.0", *_USUAL, "CSeq: 29344 RE%47IST%45R",
        "Contact: <sip:alias1@{host}>", _EMPTY,
    ),
    # 3.1.1.6 lwsdisp: no space between name and <
    _message(
        "OPTIONS sip:alice@pbx.test SIP/2.0", "From: caller<sip:caller@example.test>;tag=323",
        _ENDS[1], _VIA, "Max-Forwards: 70", "Call-ID: lwsdisp", "CSeq: 60 OPTIONS", _EMPTY,
    ),
    # 3.1.1.7 longreq: long values
    _message(
        "INVITE sip:user@example.test SIP/2.0",
        'To: "I have a user name of extreme proportion" <sip:amazinglylongcallingname'
        + "x" * 200 + "@example.test:6000;unknownparam1=verylong" + "y" * 200 + ">",
        "F: sip:" + "amazinglylongcallername" * 12 + "@example.net;tag=12" + "982424" * 20
        + ";unknownheaderparam" + "name" * 20 + "=unknownheaderparam" + "value" * 20,
        "Call-ID: longreq.one" + "really" * 20 + "longcallid", "CSeq: 3882340 INVITE",
        "Unknown-" + "Long-" * 40 + "Name: unknown-" + "long-" * 30 + "value",
        *(f"Via: SIP/2.0/TCP sip{number}.example.test" for number in range(34)), _VIA,
        "Max-Forwards: 70", *_WITH_SDP, body=_SDP,
    ),
    # 3.1.1.8 dblreq: two requests at once
    _message(
        "REGISTER sip:example.test SIP/2.0", *_USUAL, "CSeq: 8 REGISTER", _EMPTY,
    )
    + _message(
        "INVITE sip:alice@pbx.test SIP/2.0", *_USUAL, "CSeq: 8 INVITE", *_WITH_SDP, body=_SDP,
    ),
    # 3.1.1.9 semiuri, 3.1.1.10 transports
    _message(
        "OPTIONS sip:user;par=u%40example.test@example.test SIP/2.0", *_USUAL, "CSeq: 8 OPTIONS",
        "Accept: application/sdp, application/pkcs7-mime,\r\n  multipart/mixed, message/sip", _EMPTY,
    ),
    _message(
        "OPTIONS sip:alice@pbx.test SIP/2.0", _VIA,
        *(f"Via: SIP/2.0/{name} t{name}.example.test;branch=z9hG4bK{name}"
          for name in ("UDP", "SCTP", "TLS", "UNKNOWN", "TCP")),
        *_ENDS, "Max-Forwards: 70", "Call-ID: transports", "CSeq: 60 OPTIONS", _EMPTY,
    ),
    # 3.1.1.12 unreason, 3.1.1.13 noreason
    _message("SIP/2.0 200 = 2**3 * 5**2 \u043d\u043e \u0441\u0442\u043e", *_USUAL,
             "CSeq: 35 INVITE", *_WITH_SDP, body=_SDP),
    _message("SIP/2.0 100 ", *_USUAL, "CSeq: 35 INVITE", _EMPTY),
    # 3.1.2.1 badinv01: extraneous separators
    _message(
        "INVITE sip:alice@pbx.test SIP/2.0", *_USUAL, "CSeq: 8 INVITE",
        'Contact: "Joe" <sip:joe@example.test>;;;;', "Via: SIP/2.0/UDP 192.0.2.15;;,;,,",
        *_WITH_SDP[1:], body=_SDP,
    ),
    # 3.1.2.2 clerr, 3.1.2.3 ncl: a length that is too large, or less than nothing
    _message(
        "INVITE sip:alice@pbx.test SIP/2.0", *_USUAL, "CSeq: 8 INVITE", *_WITH_SDP[:2],
        "Content-Length: 9999", body=_SDP,
    ),
    _message(
        "INVITE sip:alice@pbx.test SIP/2.0", *_USUAL, "CSeq: 8 INVITE", *_WITH_SDP[:2],
        "Content-Length: -999", body=_SDP,
    ),
    # 3.1.2.4 scalar02, 3.1.2.5 scalarlg: numbers out of their ranges
    _message(
        "REGISTER sip:example.test SIP/2.0", *_USUAL, "CSeq: 36893488147419103232 REGISTER",
        "Max-Forwards: 300", "Expires: 1" + "0" * 130,
        "Contact: <sip:user@host129.example.test>;expires=280297596632815", _EMPTY,
    ),
    _message(
        "SIP/2.0 503 Service Unavailable", *_USUAL, "CSeq: 9292394834772304023312 OPTIONS",
        "Retry-After: 949302838503028349304023988", "Warning: 1812 overture \"In Progress\"", _EMPTY,
    ),
    # 3.1.2.6 quotbal, 3.1.2.7 ltgtruri, 3.1.2.8 lwsruri, 3.1.2.9 lwsstart, 3.1.2.10 trws
    _message(
        "INVITE sip:alice@pbx.test SIP/2.0", 'To: "Mr. J. User <sip:j.user@example.test>', _ENDS[0],
        _VIA, "Max-Forwards: 70", "Call-ID: quotbal", "CSeq: 8 INVITE", *_WITH_SDP, body=_SDP,
    ),
    _message("INVITE <sip:alice@pbx.test> SIP/2.0", *_USUAL, "CSeq: 1 INVITE", *_WITH_SDP, body=_SDP),
    _message("INVITE sip:a@pbx.test; lr SIP/2.0", *_USUAL, "CSeq: 1 INVITE", *_WITH_SDP, body=_SDP),
    _message("INVITE  sip:a@pbx.test  SIP/2.0", *_USUAL, "CSeq: 1 INVITE", *_WITH_SDP, body=_SDP),
    _message("OPTIONS sip:a@pbx.test SIP/2.0  ", *_USUAL, "CSeq: 1 OPTIONS", _EMPTY),
    # 3.1.2.11 escruri: headers escaped in a request's URI
    _message("INVITE sip:a@pbx.test?Route=%3Csip:example.test%3E SIP/2.0", *_USUAL,
             "CSeq: 1 INVITE", *_WITH_SDP, body=_SDP),
    # 3.1.2.12 baddate, 3.1.2.13 regbadct, 3.1.2.14 badaspec, 3.1.2.15 baddn
    _message("INVITE sip:a@pbx.test SIP/2.0", *_USUAL, "CSeq: 1 INVITE",
             "Date: Fri, 01 Jan 2010 16:00:00 EST", *_WITH_SDP, body=_SDP),
    _message("REGISTER sip:pbx.test SIP/2.0", *_USUAL, "CSeq: 1 REGISTER",
             "Contact: sip:user@example.test?Route=%3Csip:sip.example.test%3E", _EMPTY),
    _message("OPTIONS sip:a@pbx.test SIP/2.0", 'To: "Watson, Thomas" < sip:t.watson@example.test >',
             "From: Bell, Alexander <sip:a.g.bell@example.test>;tag=43", _VIA, "Max-Forwards: 70",
             "Call-ID: badaspec", "CSeq: 1 OPTIONS", _EMPTY),
    # 3.1.2.16 badvers, 3.1.2.17 mismatch01, 3.1.2.18 mismatch02, 3.1.2.19 bigcode
    _message("OPTIONS sip:a@pbx.test SIP/7.0", *_USUAL, "CSeq: 1 OPTIONS", _EMPTY),
    _message("OPTIONS sip:a@pbx.test SIP/2.0", *_USUAL, "CSeq: 8 INVITE", _EMPTY),
    _message("NEWMETHOD sip:a@pbx.test SIP/2.0", *_USUAL, "CSeq: 8 INVITE", *_WITH_SDP, body=_SDP),
    _message("SIP/2.0 4294967301 better not break the receiver", *_USUAL, "CSeq: 8 INVITE", _EMPTY),
    # 3.2.1 badbranch, 3.3.1 insuf, 3.3.2 unkscm, 3.3.3 novelsc, 3.3.4 unksm2, 3.3.5 bext01
    _message("OPTIONS sip:a@pbx.test SIP/2.0", "Via: SIP/2.0/TLS 192.0.2.1;branch=z9hG4bK", *_ENDS,
             "Max-Forwards: 70", "Call-ID: badbranch", "CSeq: 8 OPTIONS", _EMPTY),
    _message("INVITE sip:a@pbx.test SIP/2.0", "CSeq: 193942 INVITE", _VIA, *_WITH_SDP, body=_SDP),
    _message("OPTIONS nobodyKnowsThisScheme:totallyopaquecontent SIP/2.0", *_USUAL,
             "CSeq: 8 OPTIONS", _EMPTY),
    _message("OPTIONS soap.beep://192.0.2.103:3002 SIP/2.0", *_USUAL, "CSeq: 8 OPTIONS", _EMPTY),
    _message("REGISTER sip:pbx.test SIP/2.0", "To: isbn:2983792873", "From: <http://www.x.test>;tag=3",
             _VIA, "Call-ID: unksm2", "CSeq: 8 REGISTER", "Contact: <name:John_Smith>", _EMPTY),
    _message("OPTIONS sip:a@pbx.test SIP/2.0", *_USUAL, "CSeq: 8 OPTIONS",
             "Proxy-Require: nothingSupportsThis, nothingSupportsThisEither",
             "Require: nothingSupportsThis", _EMPTY),
    # 3.3.6 invut, 3.3.7 regaut01, 3.3.8 multi01, 3.3.9 mcl01, 3.3.10 bcast, 3.3.11 zeromf
    _message("INVITE sip:a@pbx.test SIP/2.0", *_USUAL, "CSeq: 8 INVITE", _WITH_SDP[0],
             "Content-Type: application/unknownformat", "Content-Length: 4", body="<a/>"),
    _message("REGISTER sip:pbx.test SIP/2.0", *_USUAL, "CSeq: 8 REGISTER",
             "Authorization: NoOneKnowsThisScheme opaque-data=here", _EMPTY),
    _message("INVITE sip:a@pbx.test SIP/2.0", *_USUAL, "CSeq: 5 INVITE", "CSeq: 59 INVITE",
             "Call-ID: multi01.98asdh@192.0.2.1", "Call-ID: multi01.98asdh@192.0.2.2",
             "From: sip:other@example.test;tag=3413415", "To: sip:other@example.test",
             "Contact: <sip:c@{host}>", "Contact: <sip:d@{host}>", *_WITH_SDP, body=_SDP),
    _message("OPTIONS sip:a@pbx.test SIP/2.0", *_USUAL, "CSeq: 59 OPTIONS", "Content-Length: 13",
             "Content-Length: 5", "Content-Type: text/plain", body="There's no way to know"),
    _message("SIP/2.0 200 OK", "Via: SIP/2.0/UDP 192.0.2.198;branch=z9hG4bK1324923",
             "Via: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bK1saber23", *_ENDS, "Call-ID: bcast",
             "CSeq: 35 INVITE", *_WITH_SDP, body=_SDP),
    _message("OPTIONS sip:a@pbx.test SIP/2.0", *_ENDS, _VIA, "Max-Forwards: 0", "Call-ID: zeromf",
             "CSeq: 8 OPTIONS", _EMPTY),
    # 3.3.12 cparam01, 3.3.15 sdp01, 3.4.1 inv2543
    _message("REGISTER sip:pbx.test SIP/2.0", *_USUAL, "CSeq: 8 REGISTER",
             "Contact: sip:+19725552222@gw1.example.test;unknownparam",
             "Contact: <sip:+19725552222@gw1.example.test;user=phone?Route=%3Csip:x%3E>;x", _EMPTY),
    _message("INVITE sip:a@pbx.test SIP/2.0", *_USUAL, "CSeq: 8 INVITE", "Accept: text/nobodyKnowsThis",
             *_WITH_SDP, body=_SDP),
    _message("INVITE sip:UserB@pbx.test SIP/2.0", "Via: SIP/2.0/UDP iftgw.example.test",
             "From: <sip:+13035551111@ift.example.test;user=phone>", "Record-Route: <sip:UserB@x.test>",
             "To: sip:+16505552222@ss1.example.test;user=phone", "Call-ID: inv2543", "CSeq: 56 INVITE",
             "Content-Type: application/sdp", body=_SDP),
)  # fmt: skip
