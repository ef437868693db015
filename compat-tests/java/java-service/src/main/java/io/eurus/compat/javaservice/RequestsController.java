package io.eurus.compat.javaservice;

import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * Tells a test how many requests reached this instance and when the last one did: after an offline neither may change.
 */
@RestController
public class RequestsController {

    private final RequestLog requestLog;

    RequestsController(RequestLog requestLog) {
        this.requestLog = requestLog;
    }

    @GetMapping("/requests")
    public RequestsBegun requests() {
        return requestLog.begun();
    }
}
