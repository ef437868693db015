package io.eurus.compat.netflix;

import com.netflix.appinfo.ApplicationInfoManager;
import com.netflix.discovery.DiscoveryClient;
import com.netflix.discovery.EurekaClient;
import com.netflix.discovery.EurekaClientConfig;
import com.netflix.discovery.shared.transport.jersey3.Jersey3TransportClientFactories;

/** How a client is made in 2.x: the transport is named. */
final class Client {

    private Client() {}

    static EurekaClient start(ApplicationInfoManager manager, EurekaClientConfig config) {
        return new DiscoveryClient(manager, config, Jersey3TransportClientFactories.getInstance());
    }
}
