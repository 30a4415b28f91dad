/** Forms of Datadog: its sketches. */
@NullMarked
package dev.tethys.codec.datadog;

import org.jspecify.annotations.NullMarked;
