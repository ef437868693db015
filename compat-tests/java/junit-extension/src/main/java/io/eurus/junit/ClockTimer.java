package io.eurus.junit;

import java.time.Duration;

/** Something that happens again and again in virtual time: see {@link HarnessClock#every}. */
public final class ClockTimer {

    private final HarnessClock clock;
    private final Runnable what;
    private final long periodMs;
    private long dueMs;

    ClockTimer(HarnessClock clock, long firstDueMs, Duration period, Runnable what) {
        this.clock = clock;
        this.what = what;
        this.periodMs = period.toMillis();
        this.dueMs = firstDueMs;
    }

    /** It does not happen any more. */
    public void cancel() {
        clock.forget(this);
    }

    long dueMs() {
        return dueMs;
    }

    /** However late it is, it happens once. */
    void run(long nowMs) {
        dueMs = Math.max(dueMs, nowMs) + periodMs;
        what.run();
    }
}
