package io.eurus.junit;

import com.fasterxml.jackson.databind.JsonNode;
import com.netflix.discovery.DiscoveryClient;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A running harness: a registry, and whatever else the nodes file describes, under one clock that stands still until it
 * is moved. {@link EurusExtension} starts and ends it for a JUnit test; {@link #start} is for other frameworks.
 */
public final class Eurus implements AutoCloseable {

    private final EurusProcess process;
    private final ControlApi api;
    private final HarnessClock clock;
    private final HarnessCaches caches;

    private Eurus(EurusProcess process) {
        this.process = process;
        api = new ControlApi(process);
        clock = new HarnessClock(api);
        caches = new HarnessCaches(api);
    }

    /**
     * Starts the command.
     *
     * @param binary the {@code eurus} command
     * @param nodes the nodes file; null: one registry on stock settings
     * @param within how long it may take
     * @throws EurusException when it does not start; the message holds what it said
     */
    public static Eurus start(Path binary, Path nodes, Duration within) {
        return new Eurus(EurusProcess.start(binary, nodes, within));
    }

    /** The clock of all nodes. */
    public HarnessClock clock() {
        return clock;
    }

    /** What the caches show. */
    public HarnessCaches caches() {
        return caches;
    }

    /** Where all registries are, separated by commas: the value of {@code eureka.client.serviceUrl.defaultZone}. */
    public String serviceUrl() {
        List<String> urls = new ArrayList<>();
        for (JsonNode node : api.get("").path("nodes")) {
            if (node.path("kind").asText().equals("registry")) {
                urls.add(node.path("url").asText());
            }
        }
        return String.join(",", urls);
    }

    /** Where a node or an instance of the nodes file answers; of a registry this ends with {@code /eureka/}. */
    public URI url(String name) {
        JsonNode about = api.get("");
        JsonNode one = about.path("nodes").path(name);
        String url = (one.isMissingNode() ? about.path("instances").path(name) : one).path("url").asText();
        if (url.isEmpty()) {
            throw new EurusException("nothing of the name '" + name + "' has an address: " + about);
        }
        return URI.create(url);
    }

    /**
     * Does now what a scenario's step does: {@code step("crash", "shop-1")}, {@code step("cut", "gateway-1 ->
     * registry-1")}, {@code step("set-status", Map.of("instance", "shop-1", "status", "OUT_OF_SERVICE"))}.
     *
     * @return what sync-speed answered, when it was asked
     * @throws RefusedException when there is no such step, node or instance; the message says what there is
     */
    public Optional<String> step(String what, Object whom) {
        JsonNode outcome = api.post("/steps", Map.of(what, whom)).path("outcome");
        return outcome.isTextual() ? Optional.of(outcome.asText()) : Optional.empty();
    }

    /** Sends one request to an application, through the only gateway of the nodes file. */
    public Answer request(String application) {
        return answer("/requests/" + inUrl(application));
    }

    /** Sends one request to an application, through a gateway or a caller of the nodes file. */
    public Answer request(String application, String through) {
        return answer("/requests/" + inUrl(application) + "?through=" + inUrl(through));
    }

    private Answer answer(String path) {
        JsonNode answer = api.post(path);
        return new Answer(answer.path("answered_by").asText(null), answer.path("failed").asText(null));
    }

    static String inUrl(String name) {
        return URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /** Every change that any layer has shown, in their order. */
    public List<Change> timeline() {
        List<Change> changes = new ArrayList<>();
        for (JsonNode change : api.get("/timeline")) {
            changes.add(new Change(Duration.ofMillis(change.path("at_ms").asLong()), change.path("node").asText(),
                    change.path("layer").asText(), change.path("instance").asText(), change.path("from").asText(null),
                    change.path("to").asText(null)));
        }
        return changes;
    }

    /**
     * From now on this client lives in virtual time: its heartbeats, fetches and re-registrations happen when the clock
     * comes to them, and its own timers are stopped.
     *
     * @throws EurusException when this version of the client offers no way to do that
     */
    public DrivenClient drive(DiscoveryClient client) {
        return new DrivenClient(clock, client);
    }

    /**
     * Ends all nodes.
     *
     * @throws EurusException when one of them ended badly
     */
    @Override
    public void close() {
        process.stop();
    }

    long pid() {
        return process.pid();
    }

    /**
     * What became of a request: one of the two is null.
     *
     * @param answeredBy the instance that answered
     * @param failed what went wrong
     */
    public record Answer(String answeredBy, String failed) {}

    /**
     * What a layer showed of an instance, and what it has shown since.
     *
     * @param at virtual time since the begin
     * @param node whose layer
     * @param layer which
     * @param instance of whom
     * @param from the status; null: it was not shown
     * @param to the status; null: it is not shown any more
     */
    public record Change(Duration at, String node, String layer, String instance, String from, String to) {}
}
