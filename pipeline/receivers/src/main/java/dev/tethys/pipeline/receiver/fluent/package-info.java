/** Receives what Fluentd and Fluent Bit forward. */
@NullMarked
package dev.tethys.pipeline.receiver.fluent;

import org.jspecify.annotations.NullMarked;
