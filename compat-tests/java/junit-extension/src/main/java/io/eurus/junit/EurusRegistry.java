package io.eurus.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Gives a test class a registry of its own under a clock that the tests move. Methods take what they need as parameters:
 * {@link Eurus}, {@link HarnessClock}, {@link HarnessCaches}, or a {@link EurusUrl}.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Inherited
@ExtendWith(EurusExtension.class)
public @interface EurusRegistry {

    /**
     * A nodes file on the class path: beside the test class, or from the root with a leading slash. Without one, a single
     * registry {@code registry-1} on stock settings.
     */
    String nodes() default "";
}
