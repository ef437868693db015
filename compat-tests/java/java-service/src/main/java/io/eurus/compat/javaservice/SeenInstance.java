package io.eurus.compat.javaservice;

import java.net.URI;
import org.springframework.cloud.client.ServiceInstance;

/**
 * An instance as the discovery client reports it.
 *
 * @param instanceId the id it is registered under
 * @param uri where callers would send their requests
 */
public record SeenInstance(String instanceId, URI uri) {

    static SeenInstance of(ServiceInstance instance) {
        return new SeenInstance(instance.getInstanceId(), instance.getUri());
    }
}
