/** Receives Fluentd's forward protocol. */
@NullMarked
package dev.tethys.pipeline.receiver.fluent;

import org.jspecify.annotations.NullMarked;
