// Publications of an account's own state (RFC 3903). PJSIP's client keeps each
// SIP-ETag in memory for good, and goes by no 412 and no 423.
%feature("director") pj::Publication;

%inline %{
namespace pj {

/** The end of a PUBLISH. */
struct OnPublishEndParam
{
    int code;           /**< of the answer, or PJSIP's own for none */
    SipRxData rdata;    /**< the answer; empty for none */
};

/** One PUBLISH. For the thread of the endpoint. */
class Publication
{
public:
    Publication() : exchange(NULL)
    {
    }

    virtual ~Publication()
    {
        if (exchange)
            exchange->publication = NULL;
    }

    /** Send it; its challenges are answered also once the account is gone. */
    void send(const Account &account, const std::string &uri,
              const SipTxOption &option) PJSUA2_THROW(Error)
    {
        pj_status_t status = exchange ? PJ_EEXISTS :
                             begin(account.getId(), uri, option);

        if (status != PJ_SUCCESS)
            throw Error(status, "Publication::send()", "", __FILE__, __LINE__);
    }

    virtual void onPublishEnd(OnPublishEndParam &prm)
    {
        PJ_UNUSED_ARG(prm);
    }

private:
    /** Request and the answers to its challenges; it outlives a Publication. */
    struct Exchange
    {
        pj_pool_t *pool;
        Publication *publication;
        pjsip_auth_clt_sess auth;
        unsigned challenges;
        bool isSending;
        bool isOver;
    };

    Exchange *exchange;

    Publication(const Publication &);
    Publication &operator=(const Publication &);

    pj_status_t begin(pjsua_acc_id id, const std::string &uri,
                      const SipTxOption &option)
    {
        pj_str_t target = { (char*)uri.data(), (pj_ssize_t)uri.size() };
        pj_pool_t *pool = pjsua_pool_create("publication", 512, 512);
        pjsua_msg_data data;
        pjsip_tx_data *request;
        pj_status_t status;

        if (!pool)
            return PJ_ENOMEM;
        exchange = PJ_POOL_ZALLOC_T(pool, Exchange);
        exchange->pool = pool;
        exchange->publication = this;
        status = pjsip_auth_clt_init(&exchange->auth, pjsua_var.endpt, pool, 0);
        if (status != PJ_SUCCESS) {
            exchange = NULL;
            pj_pool_release(pool);
            return status;
        }
        pjsip_auth_clt_set_credentials(&exchange->auth,
                                       pjsua_var.acc[id].cred_cnt,
                                       pjsua_var.acc[id].cred);
        pjsip_auth_clt_set_prefs(&exchange->auth,
                                 &pjsua_var.acc[id].cfg.auth_pref);
        status = pjsua_acc_create_request(id, &pjsip_publish_method, &target,
                                          &request);
        if (status == PJ_SUCCESS) {
            option.toPj(data);
            pjsua_process_msg_data(request, &data);
            status = transmit(exchange, request);
        }
        if (status != PJ_SUCCESS)
            free(exchange);
        return status;
    }

    /** Send a request; after a failure no answer follows. */
    static pj_status_t transmit(Exchange *exchange, pjsip_tx_data *request)
    {
        pj_status_t status;

        // Where it cannot be sent, PJSIP may report that first.
        exchange->isSending = true;
        exchange->isOver = false;
        status = pjsip_endpt_send_request(pjsua_var.endpt, request, -1,
                                          exchange, &onAnswer);
        exchange->isSending = false;
        return status == PJ_SUCCESS && exchange->isOver ? PJ_ECANCELLED : status;
    }

    static void onAnswer(void *token, pjsip_event *event)
    {
        Exchange *exchange = (Exchange *)token;
        const pjsip_transaction *tsx = event->body.tsx_state.tsx;
        bool isAnswer = event->body.tsx_state.type == PJSIP_EVENT_RX_MSG;
        Publication *publication = exchange->publication;
        OnPublishEndParam prm;

        if (exchange->isSending) {
            exchange->isOver = true;
            return;
        }
        if (isAnswer && isChallenge(tsx->status_code) &&
            answerChallenge(exchange, event))
        {
            return;
        }
        free(exchange);
        if (!publication)
            return;
        prm.code = tsx->status_code;
        if (isAnswer)
            prm.rdata.fromPj(*event->body.tsx_state.src.rdata);
        publication->onPublishEnd(prm);
    }

    static bool isChallenge(int code)
    {
        return code == PJSIP_SC_UNAUTHORIZED ||
               code == PJSIP_SC_PROXY_AUTHENTICATION_REQUIRED;
    }

    static bool answerChallenge(Exchange *exchange, pjsip_event *event)
    {
        pjsip_tx_data *request;

        if (exchange->challenges++ >= PJSIP_MAX_STALE_COUNT ||
            pjsip_auth_clt_reinit_req(&exchange->auth,
                                      event->body.tsx_state.src.rdata,
                                      event->body.tsx_state.tsx->last_tx,
                                      &request) != PJ_SUCCESS)
        {
            return false;
        }
        PJSIP_MSG_CSEQ_HDR(request->msg)->cseq++;
        return transmit(exchange, request) == PJ_SUCCESS;
    }

    static void free(Exchange *exchange)
    {
        if (exchange->publication)
            exchange->publication->exchange = NULL;
        pjsip_auth_clt_deinit(&exchange->auth);
        pj_pool_release(exchange->pool);
    }
};

} // namespace pj
%}
