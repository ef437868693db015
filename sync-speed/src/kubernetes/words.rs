//! What the API server refuses, for a person: what is missing, and what to do.

use kube::Error;
use kube::runtime::watcher;

/// `namespace`: `None`: all of them.
pub(super) fn in_words(error: &watcher::Error, namespace: Option<&str>) -> String {
    let (doing, failure) = match error {
        watcher::Error::InitialListFailed(error) => ("list", error),
        watcher::Error::WatchStartFailed(error) | watcher::Error::WatchFailed(error) => ("watch", error),
        watcher::Error::WatchError(status) => return answered("watch", status.code, &status.message, namespace),
        watcher::Error::NoResourceVersion => {
            return "the API server's lists have no resourceVersion: is the address that of an API server?".to_owned();
        }
    };
    match failure {
        Error::Api(status) => answered(doing, status.code, &status.message, namespace),
        other => format!("cannot {doing} pods {}: {}", whereabouts(namespace), causes(other)),
    }
}

/// Too old to be continued: everything is listed again.
pub(super) fn is_too_old(error: &watcher::Error) -> bool {
    match error {
        watcher::Error::WatchError(status) => status.code == 410,
        watcher::Error::InitialListFailed(Error::Api(status))
        | watcher::Error::WatchStartFailed(Error::Api(status)) => status.code == 410,
        _ => false,
    }
}

fn answered(doing: &str, code: u16, message: &str, namespace: Option<&str>) -> String {
    let place = whereabouts(namespace);
    let message = message.escape_debug();
    match code {
        401 => format!(
            "the API server does not know who we are (401), so pods {place} cannot be seen; in a cluster the pod needs its \
             service account's token (automountServiceAccountToken), outside the kubeconfig a valid user: {message}"
        ),
        403 => {
            let (role, binding) = match namespace {
                Some(_) => ("Role in that namespace", "RoleBinding"),
                None => ("ClusterRole", "ClusterRoleBinding"),
            };
            format!(
                "the API server does not let us {doing} pods {place} (403): the service account needs a {role} with the rule \
                 apiGroups: [\"\"], resources: [\"pods\"], verbs: [\"list\", \"watch\"], and a {binding} to it, as in \
                 docker/kubernetes: {message}"
            )
        }
        410 => format!("the watch of pods {place} is too old (410), they are listed again: {message}"),
        _ => format!("cannot {doing} pods {place}: the API server answered {code}: {message}"),
    }
}

fn whereabouts(namespace: Option<&str>) -> String {
    namespace.map_or_else(|| "in all namespaces".to_owned(), |namespace| format!("in namespace {namespace}"))
}

/// An error with its causes: the innermost says what happened.
fn causes(error: &Error) -> String {
    let mut words = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let text = error.to_string();
        if !words.contains(&text) {
            words = format!("{words}: {text}");
        }
        cause = error.source();
    }
    words.escape_debug().to_string()
}

#[cfg(test)]
mod tests {
    use kube::core::Status;

    use super::*;

    fn status(code: u16) -> Box<Status> {
        Box::new(Status { code, message: "because\n".to_owned(), ..Status::default() })
    }

    #[test]
    fn what_is_missing() {
        let listing = |code| watcher::Error::InitialListFailed(Error::Api(status(code)));
        for (error, namespace, parts) in [
            (
                listing(403),
                None,
                &["list pods in all namespaces (403)", "a ClusterRole with", "\"list\", \"watch\"", "because\\n"][..],
            ),
            (listing(403), Some("shop"), &["in namespace shop", "a Role in that namespace", "a RoleBinding to it"]),
            (watcher::Error::WatchStartFailed(Error::Api(status(403))), None, &["let us watch pods"]),
            (listing(401), None, &["who we are (401)", "automountServiceAccountToken"]),
            (watcher::Error::WatchError(status(410)), None, &["listed again"]),
            (listing(500), Some("shop"), &["list pods in namespace shop: the API server answered 500"]),
            (watcher::Error::NoResourceVersion, None, &["is the address that of an API server?"]),
        ] {
            let words = in_words(&error, namespace);
            assert!(parts.iter().all(|part| words.contains(part)) && !words.contains('\n'), "{words}");
        }
    }

    #[test]
    fn too_old() {
        for (error, expected) in [
            (watcher::Error::WatchError(status(410)), true),
            (watcher::Error::WatchStartFailed(Error::Api(status(410))), true),
            (watcher::Error::InitialListFailed(Error::Api(status(410))), true),
            (watcher::Error::WatchFailed(Error::Api(status(410))), false),
            (watcher::Error::WatchError(status(500)), false),
            (watcher::Error::NoResourceVersion, false),
        ] {
            assert_eq!(is_too_old(&error), expected, "{error}");
        }
    }
}
