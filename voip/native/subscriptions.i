// Subscriptions to other people's events (RFC 6665). PJSIP does not read their
// bodies: its own readers know one dialog of a person, and count no version.
%feature("director") pj::Subscription;

%inline %{
namespace pj {

/** A NOTIFY of a subscription, with its body as it came. */
struct OnNotifyParam
{
    SipRxData rdata;
};

/** The end of a subscription that its own side has not ended. */
struct OnSubscriptionEndParam
{
    int code;           /**< of the answer to SUBSCRIBE; 0 if a NOTIFY ended it */
    int retryAfter;     /**< seconds that its server asks for; 0 if it asks none */
};

/**
 * A subscription of an account to somebody's events, which is refreshed until it
 * ends. For the thread of the endpoint; not to be ended in its own callbacks.
 */
class Subscription
{
public:
    Subscription() : sub(NULL), isBeginning(false)
    {
    }

    virtual ~Subscription()
    {
        forget();
    }

    /** Subscribe; `event` is "presence" or "dialog". */
    void begin(const Account &account, const std::string &uri,
               const std::string &event) PJSUA2_THROW(Error)
    {
        pj_status_t status = sub ? PJ_EEXISTS :
                             subscribe(account.getId(), uri, event);

        if (status != PJ_SUCCESS)
            throw Error(status, "Subscription::begin()", "", __FILE__,
                        __LINE__);
    }

    /** Unsubscribe, if it has not ended. No callback follows. */
    void end()
    {
        pjsip_evsub *ended = forget();
        pjsip_tx_data *request;

        if (!ended)
            return;
        if (pjsip_evsub_initiate(ended, NULL, 0, &request) != PJ_SUCCESS ||
            pjsip_evsub_send_request(ended, request) != PJ_SUCCESS)
        {
            pjsip_evsub_terminate(ended, PJ_FALSE);
        }
    }

    virtual void onNotify(OnNotifyParam &prm)
    {
        PJ_UNUSED_ARG(prm);
    }

    virtual void onSubscriptionEnd(OnSubscriptionEndParam &prm)
    {
        PJ_UNUSED_ARG(prm);
    }

private:
    pjsip_evsub *sub;
    bool isBeginning;

    Subscription(const Subscription &);
    Subscription &operator=(const Subscription &);

    static Subscription *of(pjsip_evsub *sub)
    {
        return (Subscription *)pjsip_evsub_get_mod_data(sub, pjsua_var.mod.id);
    }

    pjsip_evsub *forget()
    {
        pjsip_evsub *forgotten = sub;

        if (sub)
            pjsip_evsub_set_mod_data(sub, pjsua_var.mod.id, NULL);
        sub = NULL;
        return forgotten;
    }

    static void onNotifyReceived(pjsip_evsub *sub, pjsip_rx_data *rdata, int *,
                                 pj_str_t **, pjsip_hdr *, pjsip_msg_body **)
    {
        Subscription *subscription = of(sub);
        OnNotifyParam prm;

        if (subscription) {
            prm.rdata.fromPj(*rdata);
            subscription->onNotify(prm);
        }
    }

    static void onState(pjsip_evsub *sub, pjsip_event *event)
    {
        Subscription *subscription = of(sub);
        OnSubscriptionEndParam prm = { 0, 0 };

        if (!subscription ||
            pjsip_evsub_get_state(sub) != PJSIP_EVSUB_STATE_TERMINATED)
        {
            return;
        }
        subscription->forget();
        if (event && event->type == PJSIP_EVENT_TSX_STATE)
            readEnd(event, prm);
        // begin() throws for it.
        if (!subscription->isBeginning)
            subscription->onSubscriptionEnd(prm);
    }

    static void readEnd(pjsip_event *event, OnSubscriptionEndParam &prm)
    {
        const pjsip_transaction *tsx = event->body.tsx_state.tsx;
        const pj_str_t stateName = { (char*)"Subscription-State", 18 };
        bool isNotify = pjsip_method_cmp(&tsx->method,
                                         pjsip_get_notify_method()) == 0;
        const pjsip_msg *msg;

        if (!isNotify)
            prm.code = tsx->status_code;
        if (event->body.tsx_state.type != PJSIP_EVENT_RX_MSG)
            return;
        msg = event->body.tsx_state.src.rdata->msg_info.msg;
        if (isNotify) {
            const pjsip_sub_state_hdr *state = (const pjsip_sub_state_hdr *)
                pjsip_msg_find_hdr_by_name(msg, &stateName, NULL);
            prm.retryAfter = state ? state->retry_after : 0;
        } else {
            const pjsip_retry_after_hdr *later = (const pjsip_retry_after_hdr *)
                pjsip_msg_find_hdr(msg, PJSIP_H_RETRY_AFTER, NULL);
            prm.retryAfter = later ? later->ivalue : 0;
        }
        prm.retryAfter = PJ_MAX(prm.retryAfter, 0);
    }

    pj_status_t subscribe(pjsua_acc_id id, const std::string &uri,
                          const std::string &event)
    {
        pj_pool_t *pool = pjsua_pool_create("subscription", 512, 512);
        pj_str_t target = { (char*)uri.data(), (pj_ssize_t)uri.size() };
        pjsip_dialog *dialog;
        pj_status_t status;

        if (!pool)
            return PJ_ENOMEM;
        status = makeDialog(id, pool, target, &dialog);
        pj_pool_release(pool);
        if (status != PJ_SUCCESS)
            return status;
        // Without it the dialog would be gone after the first failure.
        pjsip_dlg_inc_lock(dialog);
        isBeginning = true;
        status = send(id, dialog, target, event);
        isBeginning = false;
        if (status != PJ_SUCCESS && sub)
            pjsip_evsub_terminate(forget(), PJ_FALSE);
        pjsip_dlg_dec_lock(dialog);
        return status;
    }

    static pj_status_t makeDialog(pjsua_acc_id id, pj_pool_t *pool,
                                  pj_str_t &target, pjsip_dialog **dialog)
    {
        pjsua_acc *acc = &pjsua_var.acc[id];
        pj_str_t contact = acc->contact;

        if (!contact.slen) {
            pj_status_t status = pjsua_acc_create_uac_contact(
                pool, &contact, id, &target);
            if (status != PJ_SUCCESS)
                return status;
        }
        return pjsip_dlg_create_uac(pjsip_ua_instance(), &acc->cfg.id,
                                    &contact, &target, NULL, dialog);
    }

    pj_status_t send(pjsua_acc_id id, pjsip_dialog *dialog, pj_str_t &target,
                     const std::string &event)
    {
        pjsua_acc *acc = &pjsua_var.acc[id];
        pj_str_t name = { (char*)event.data(), (pj_ssize_t)event.size() };
        pjsip_evsub_user callbacks;
        pjsip_host_port via;
        const void *transport;
        pjsip_tpselector selector;
        pjsip_tx_data *request;
        pj_status_t status;

        pj_bzero(&callbacks, sizeof(callbacks));
        callbacks.on_evsub_state = &onState;
        callbacks.on_rx_notify = &onNotifyReceived;
        if (acc->cfg.allow_via_rewrite && acc->via_addr.host.slen > 0) {
            pjsip_dlg_set_via_sent_by(dialog, &acc->via_addr, acc->via_tp);
        } else if (pjsua_acc_get_uac_addr(id, dialog->pool, &target, &via,
                                          NULL, NULL, &transport) ==
                   PJ_SUCCESS)
        {
            pjsip_dlg_set_via_sent_by(dialog, &via,
                                      (pjsip_transport *)transport);
        }
        status = pjsip_evsub_create_uac(dialog, &callbacks, &name,
                                        PJSIP_EVSUB_NO_EVENT_ID, &sub);
        if (status != PJ_SUCCESS) {
            sub = NULL;
            return status;
        }
        pjsip_evsub_set_mod_data(sub, pjsua_var.mod.id, this);
        pjsua_init_tpselector(id, &selector);
        pjsip_dlg_set_transport(dialog, &selector);
        if (!pj_list_empty(&acc->route_set))
            pjsip_dlg_set_route_set(dialog, &acc->route_set);
        if (acc->cfg.use_shared_auth)
            pjsip_dlg_set_auth_sess(dialog, &acc->shared_auth_sess);
        if (acc->cred_cnt)
            pjsip_auth_clt_set_credentials(&dialog->auth_sess, acc->cred_cnt,
                                           acc->cred);
        pjsip_auth_clt_set_prefs(&dialog->auth_sess, &acc->cfg.auth_pref);
        status = pjsip_evsub_initiate(sub, NULL, PJSIP_EXPIRES_NOT_SPECIFIED,
                                      &request);
        if (status == PJ_SUCCESS) {
            pjsua_process_msg_data(request, NULL);
            status = pjsip_evsub_send_request(sub, request);
        }
        return status == PJ_SUCCESS && !sub ? PJ_ECANCELLED : status;
    }
};

} // namespace pj
%}
