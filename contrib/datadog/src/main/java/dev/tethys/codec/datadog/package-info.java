/** Formats of Datadog: its sketches, and the requests of its agent and clients. */
@NullMarked
package dev.tethys.codec.datadog;

import org.jspecify.annotations.NullMarked;
