package io.eurus.junit;

import com.netflix.appinfo.InstanceInfo;
import com.netflix.discovery.DiscoveryClient;
import com.netflix.discovery.EurekaClientConfig;
import com.netflix.discovery.shared.Application;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A real DiscoveryClient whose time is virtual. Counted from the moment it was handed over, it renews its lease every
 * {@code leaseRenewalIntervalInSeconds}, fetches every {@code registryFetchIntervalSeconds}, and registers anew what
 * changed after {@code initialInstanceInfoReplicationIntervalSeconds}, then every
 * {@code instanceInfoReplicationIntervalSeconds}; each as far as its configuration has it do so.
 *
 * <p>The client's own code does all that, over HTTP: its {@code renew()} (with the registration that follows a 404),
 * {@code refreshRegistry()} and {@code register()}. They are not public, so they are called by reflection; the same names
 * are there in eureka-client 1.10 and 2.0, and in Spring's CloudEurekaClient, which extends it. Its own timers are stopped,
 * for good. A status change that the application announces is registered at once, as always, but by the thread that
 * announces it, and however many there are: it is at the registry when {@code setInstanceStatus} returns.
 */
public final class DrivenClient implements AutoCloseable {

    private final DiscoveryClient client;
    private final DiscoveryClientInside inside;
    private final List<ClockTimer> said = new ArrayList<>();
    private final List<ClockTimer> read = new ArrayList<>();

    DrivenClient(HarnessClock clock, DiscoveryClient client) {
        this.client = client;
        inside = new DiscoveryClientInside(client);
        inside.stopTimers();
        EurekaClientConfig config = client.getEurekaClientConfig();
        if (config.shouldRegisterWithEureka()) {
            InstanceInfo own = client.getApplicationInfoManager().getInfo();
            said.add(clock.every(seconds(own.getLeaseInfo().getRenewalIntervalInSecs()), this::heartbeat));
            Duration first = seconds(config.getInitialInstanceInfoReplicationIntervalSeconds());
            Duration period = seconds(config.getInstanceInfoReplicationIntervalSeconds());
            said.add(clock.every(first, period, inside::replicate));
            inside.replicateStatusChanges();
        }
        if (config.shouldFetchRegistry()) {
            read.add(clock.every(seconds(config.getRegistryFetchIntervalSeconds()), this::refresh));
        }
    }

    /** The client itself. */
    public DiscoveryClient client() {
        return client;
    }

    /** What its copy of the registry says of an application: the status by instance id, not only of who is UP. */
    public Map<String, String> view(String application) {
        Map<String, String> view = new TreeMap<>();
        Application found = client.getApplication(application);
        if (found != null) {
            for (InstanceInfo one : found.getInstancesAsIsFromEureka()) {
                view.put(one.getInstanceId(), one.getStatus().name());
            }
        }
        return view;
    }

    /** It renews its lease now; the client says in its log when that does not succeed. */
    public void heartbeat() {
        inside.renew();
    }

    /** It fetches now. */
    public void refresh() {
        inside.refreshRegistry();
    }

    /** It says nothing more to the registry, as a process that hangs, but goes on fetching. */
    public void silence() {
        said.forEach(ClockTimer::cancel);
        inside.ignoreStatusChanges();
    }

    /** It neither says anything nor fetches any more, as a process that is gone. */
    public void crash() {
        silence();
        read.forEach(ClockTimer::cancel);
    }

    /** Shuts the client down: it deregisters if its configuration has it do so. */
    @Override
    public void close() {
        crash();
        client.shutdown();
    }

    private static Duration seconds(int seconds) {
        return Duration.ofSeconds(seconds);
    }
}
