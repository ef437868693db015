package io.eurus.compat.javaservice;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** The path that tests send traffic to. The answer names the instance, so that a test knows where a request went. */
@RestController
public class HelloController {

    static final String PATH = "/hello";

    private final Hello hello;

    HelloController(
            @Value("${eureka.instance.instance-id}") String instanceId,
            @Value("${server.port}") int port,
            @Value("${server.address}") String address) {
        this.hello = new Hello(instanceId, port, address);
    }

    @GetMapping(PATH)
    public Hello hello() {
        return hello;
    }
}
