package io.eurus.junit;

import com.netflix.appinfo.ApplicationInfoManager;
import com.netflix.appinfo.InstanceInfo;
import com.netflix.appinfo.providers.EurekaConfigBasedInstanceInfoProvider;
import com.netflix.discovery.DefaultEurekaClientConfig;
import com.netflix.discovery.DiscoveryClient;
import java.util.List;

/** DiscoveryClients on stock intervals. */
final class Clients {

    private Clients() {}

    /** Has registered, UP, when this returns; does not fetch. */
    static DiscoveryClient producer(String serviceUrl, String app) {
        return start(serviceUrl, app, true);
    }

    /** Has fetched when this returns; does not register. */
    static DiscoveryClient follower(String serviceUrl) {
        return start(serviceUrl, "follower", false);
    }

    private static DiscoveryClient start(String serviceUrl, String app, boolean isProducer) {
        OwnAddress address = new OwnAddress(app);
        InstanceInfo info = new EurekaConfigBasedInstanceInfoProvider(address).get();
        return new DiscoveryClient(new ApplicationInfoManager(address, info), new DefaultEurekaClientConfig() {
            @Override
            public List<String> getEurekaServerServiceUrls(String zone) {
                return List.of(serviceUrl.split(","));
            }

            @Override
            public boolean shouldRegisterWithEureka() {
                return isProducer;
            }

            @Override
            public boolean shouldEnforceRegistrationAtInit() {
                return true;
            }

            @Override
            public boolean shouldFetchRegistry() {
                return !isProducer;
            }
        });
    }
}
