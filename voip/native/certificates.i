// What a certificate says of itself, read by OpenSSL: another reader in each
// worker would take more memory than a call.
%{
#include <algorithm>
#include <memory>
#include <string>
#include <vector>
#include <time.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
%}

%inline %{
namespace pj {

/** Fields of a certificate (RFC 5280), as the one who made it wrote them. */
struct CertificateFacts
{
    std::string subject;                /**< RFC 4514, in UTF-8             */
    std::string issuer;
    std::vector<std::string> names;     /**< DNS names and addresses        */
    std::vector<std::string> uris;
    double notBefore;                   /**< seconds since 1970             */
    double notAfter;
    std::string sha256;                 /**< of the DER form, hexadecimal   */
    std::string keySha256;              /**< of the SubjectPublicKeyInfo    */
    std::string keyKind;
    std::string curve;                  /**< of a key on a named one        */
    unsigned keyBits;                   /**< of RSA and DSA; else 0         */
    std::string signature;              /**< the algorithm's name           */
};

} // namespace pj
%}

%{
namespace {

using pj::CertificateFacts;

/** OpenSSL's errors of this thread stay as they were: PJSIP reads them. */
struct SameErrors
{
    SameErrors() { ERR_set_mark(); }
    ~SameErrors() { ERR_pop_to_mark(); }
};

struct Free
{
    void operator()(BIO *bio) { BIO_free(bio); }
    void operator()(X509 *certificate) { X509_free(certificate); }
    void operator()(GENERAL_NAMES *names) { GENERAL_NAMES_free(names); }
    void operator()(unsigned char *der) { OPENSSL_free(der); }
};

template <class T> using Owned = std::unique_ptr<T, Free>;

std::string hexadecimal(const unsigned char *bytes, unsigned count)
{
    std::string text(2 * count, '\0');

    for (unsigned i = 0; i < count; ++i)
        pj_val_to_hex_digit(bytes[i], &text[2 * i]);
    return text;
}

bool readDigests(X509 *certificate, CertificateFacts *facts)
{
    unsigned char digest[EVP_MAX_MD_SIZE], *der = NULL;
    unsigned size;
    int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
    Owned<unsigned char> owned(der);

    if (length <= 0 ||
        !EVP_Digest(der, length, digest, &size, EVP_sha256(), NULL))
    {
        return false;
    }
    facts->keySha256 = hexadecimal(digest, size);
    if (!X509_digest(certificate, EVP_sha256(), digest, &size))
        return false;
    facts->sha256 = hexadecimal(digest, size);
    return true;
}

bool readTime(const ASN1_TIME *time, double *seconds)
{
    struct tm fields;

    if (!ASN1_TIME_to_tm(time, &fields))
        return false;
    *seconds = (double)timegm(&fields);
    return true;
}

bool readName(const X509_NAME *name, std::string *text)
{
    Owned<BIO> bio(BIO_new(BIO_s_mem()));
    char *data;

    if (!bio ||
        X509_NAME_print_ex(bio.get(), name, 0,
                           XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) < 0)
    {
        return false;
    }
    long size = BIO_get_mem_data(bio.get(), &data);
    text->assign(data, size);
    return true;
}

bool readKey(X509 *certificate, CertificateFacts *facts)
{
    EVP_PKEY *key = X509_get0_pubkey(certificate);
    char curve[64];

    if (!key)
        return false;
    facts->keyBits = 0;
    switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
    case EVP_PKEY_RSA_PSS:
        facts->keyKind = "RSA";
        facts->keyBits = EVP_PKEY_get_bits(key);
        return true;
    case EVP_PKEY_DSA:
        facts->keyKind = "DSA";
        facts->keyBits = EVP_PKEY_get_bits(key);
        return true;
    case EVP_PKEY_EC:
        if (!EVP_PKEY_get_group_name(key, curve, sizeof(curve), NULL))
            return false;
        facts->keyKind = "EC";
        facts->curve = curve;
        return true;
    case EVP_PKEY_ED25519:
        facts->keyKind = "Ed25519";
        return true;
    case EVP_PKEY_ED448:
        facts->keyKind = "Ed448";
        return true;
    default:
        return false;
    }
}

bool isAscii(const ASN1_STRING *text)
{
    const unsigned char *bytes = ASN1_STRING_get0_data(text);

    return std::all_of(bytes, bytes + ASN1_STRING_length(text),
                       [](unsigned char byte) { return byte < 0x80; });
}

std::string textOf(const ASN1_STRING *text)
{
    return std::string((const char*)ASN1_STRING_get0_data(text),
                       ASN1_STRING_length(text));
}

/** Names of subjectAltName; none where one of them cannot be read. */
void readNames(X509 *certificate, CertificateFacts *facts)
{
    Owned<GENERAL_NAMES> found((GENERAL_NAMES*)X509_get_ext_d2i(
        certificate, NID_subject_alt_name, NULL, NULL));
    std::vector<std::string> addresses;

    for (int i = 0; i < sk_GENERAL_NAME_num(found.get()); ++i) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(found.get(), i);
        bool isReadable = true;

        if (name->type == GEN_DNS || name->type == GEN_URI) {
            std::vector<std::string> &list = name->type == GEN_DNS ?
                                             facts->names : facts->uris;

            isReadable = isAscii(name->d.ia5);
            list.push_back(textOf(name->d.ia5));
        } else if (name->type == GEN_IPADD) {
            int length = ASN1_STRING_length(name->d.ip);
            char text[PJ_INET6_ADDRSTRLEN];

            isReadable = length == sizeof(pj_in_addr) ||
                         length == sizeof(pj_in6_addr);
            if (isReadable)
                isReadable = pj_inet_ntop(
                    length == sizeof(pj_in_addr) ? pj_AF_INET() : pj_AF_INET6(),
                    ASN1_STRING_get0_data(name->d.ip), text,
                    sizeof(text)) == PJ_SUCCESS;
            if (isReadable)
                addresses.push_back(text);
        }
        if (!isReadable) {
            facts->names.clear();
            facts->uris.clear();
            return;
        }
    }
    facts->names.insert(facts->names.end(), addresses.begin(),
                        addresses.end());
}

} // namespace
%}

%inline %{
namespace pj {

/** Read a certificate in PEM form. Fails where a part of it cannot be read. */
CertificateFacts readCertificate(const std::string &pem) PJSUA2_THROW(Error)
{
    SameErrors same;
    Owned<BIO> bio(BIO_new_mem_buf(pem.data(), (int)pem.size()));
    Owned<X509> certificate(PEM_read_bio_X509(bio.get(), NULL, NULL, NULL));
    CertificateFacts facts;

    if (!certificate ||
        !readName(X509_get_subject_name(certificate.get()), &facts.subject) ||
        !readName(X509_get_issuer_name(certificate.get()), &facts.issuer) ||
        !readTime(X509_get0_notBefore(certificate.get()), &facts.notBefore) ||
        !readTime(X509_get0_notAfter(certificate.get()), &facts.notAfter) ||
        !readDigests(certificate.get(), &facts) ||
        !readKey(certificate.get(), &facts))
    {
        throw Error(PJ_EINVAL, "readCertificate()", "", __FILE__, __LINE__);
    }
    readNames(certificate.get(), &facts);

    const char *name = OBJ_nid2ln(X509_get_signature_nid(certificate.get()));
    facts.signature = name ? name : "";
    return facts;
}

} // namespace pj
%}
