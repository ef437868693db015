package io.eurus.compat.netflix;

import com.netflix.appinfo.ApplicationInfoManager;
import com.netflix.discovery.DiscoveryClient;
import com.netflix.discovery.EurekaClient;
import com.netflix.discovery.EurekaClientConfig;

/** How a client is made in 1.x. */
final class Client {

    private Client() {}

    static EurekaClient start(ApplicationInfoManager manager, EurekaClientConfig config) {
        return new DiscoveryClient(manager, config);
    }
}
