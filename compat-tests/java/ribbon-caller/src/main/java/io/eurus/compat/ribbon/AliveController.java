package io.eurus.compat.ribbon;

import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** Answers as soon as the application listens. Actuator's health would ask the Eureka client, and so begin it. */
@RestController
class AliveController {

    @GetMapping("/alive")
    String alive() {
        return "alive";
    }
}
