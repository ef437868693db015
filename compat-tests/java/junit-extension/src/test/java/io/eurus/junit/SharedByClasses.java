package io.eurus.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.ResourceLock;

/** One static field, inherited by several classes: the registry of one is not that of the next. */
@ResourceLock("SharedByClasses")
abstract class SharedByClasses {

    @RegisterExtension
    static EurusExtension eurus = EurusExtension.builder().build();

    @Test
    void itStartsAnewForEachClass() {
        assertEquals(Duration.ZERO, eurus.clock().now());
        eurus.clock().advance(Duration.ofSeconds(1));
    }
}
