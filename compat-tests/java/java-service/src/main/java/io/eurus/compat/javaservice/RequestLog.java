package io.eurus.compat.javaservice;

import java.util.concurrent.atomic.AtomicReference;
import org.springframework.stereotype.Component;

/** Holds count and time as one value, so that a reader never sees the one without the other. */
@Component
public class RequestLog {

    private final AtomicReference<RequestsBegun> begun = new AtomicReference<>(RequestsBegun.NONE);

    void requestBegan(long epochMs) {
        begun.updateAndGet(soFar -> soFar.plusOneAt(epochMs));
    }

    RequestsBegun begun() {
        return begun.get();
    }
}
