//! The public address: whether there is one, and whether this relay answers at it.

use a2a_proto::api::RelayInfo;

use super::{Finding, client, clock};
use crate::config::Serve;

const ABOUT: &str = "address";

/// Whether the relay knows its name.
pub(super) fn named(options: &Serve) -> Finding {
    match options.authority(options.listen) {
        Ok(authority) if authority.is_loopback() => {
            Finding::mind(ABOUT, format!("{}: only this machine can reach it", authority.base_url()))
        }
        Ok(authority) => Finding::well(ABOUT, authority.base_url()),
        Err(error) => Finding::wrong(ABOUT, error.to_string()),
    }
}

/// Whether a relay of this name answers there, and what its clock says.
pub(super) async fn reached(options: &Serve) -> Vec<Finding> {
    let Ok(authority) = options.authority(options.listen) else { return Vec::new() };
    let Ok(client) = client().build() else {
        return vec![Finding::wrong("reached", "this machine holds no root certificates: install ca-certificates")];
    };
    let url = format!("{}/.well-known/a2a-relay", authority.base_url());
    let Ok(answer) = client.get(&url).send().await else {
        let said = format!(
            "nothing answers at {url}: is the relay running, and the proxy, the name and the certificate right?"
        );
        return vec![Finding::wrong("reached", said)];
    };
    let clock = clock::compared(answer.headers());
    let said = match answer.json::<RelayInfo>().await {
        Ok(info) if info.authority == authority => {
            Finding::well("reached", format!("{} {} answers there", info.protocol, info.version))
        }
        Ok(info) => Finding::wrong(
            "reached",
            format!(
                "the relay there calls itself {}: start it with --public-url {}",
                info.authority,
                authority.base_url()
            ),
        ),
        Err(_) => Finding::wrong("reached", format!("what answers at {url} is no relay: look at the proxy in front")),
    };
    vec![said, clock]
}
