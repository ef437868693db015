//! By service, and by instance.

use eurus_service::counting::Labels as _;
use eurus_service::metrics::{Family, Pairs, Text};

use crate::tally::{InstanceTotals, Shown};

pub(super) fn write(text: &mut Text, shown: &Shown) {
    of_services(text, shown);
    of_instances(text, shown);
}

fn of_services(text: &mut Text, shown: &Shown) {
    let family = Family::counter(
        "eurus_gateway_service_answers",
        "Answers that were begun to requests for a service, the gateway's own errors included, by class of their status.",
    );
    let answers = shown.services.iter().flat_map(|(name, tally)| {
        let pairs = vec![("service", name.as_str())];
        tally.answers().into_iter().map(move |(class, count)| ([pairs.clone(), class.pairs()].concat(), count))
    });
    text.counters(&family, answers);
    let family = Family::histogram(
        "eurus_gateway_service_request_seconds",
        "From a request's head to the last of its answer, whoever was slow.",
    );
    let seconds = shown.services.iter().map(|(name, tally)| (vec![("service", name.as_str())], tally.seconds()));
    text.histograms_of(&family, seconds);
}

fn of_instances(text: &mut Text, shown: &Shown) {
    let totals: Vec<(Pairs<'_>, InstanceTotals)> = shown
        .instances
        .iter()
        .map(|((service, id), tally)| (vec![("service", service.as_str()), ("instance", id.as_str())], tally.totals()))
        .collect();
    let family = Family::counter("eurus_gateway_instance_answers", "An instance's answers, by class of their status.");
    let answers = totals.iter().flat_map(|(pairs, totals)| {
        totals.answers.iter().map(move |(class, count)| ([pairs.clone(), class.pairs()].concat(), *count))
    });
    text.counters(&family, answers);
    let family = Family::counter("eurus_gateway_instance_failed_tries", "Tries that an instance did not answer.");
    text.counters(&family, totals.iter().map(|(pairs, totals)| (pairs.clone(), totals.failures)));
    let family = Family::histogram(
        "eurus_gateway_instance_wait_seconds",
        "How long its answers were waited for, from the beginning of the try to the answer's head.",
    );
    text.histograms_of(&family, totals.into_iter().map(|(pairs, totals)| (pairs, totals.waited)));
}
