/** Receives what is pushed to Loki. */
@NullMarked
package dev.tethys.pipeline.receiver.loki;

import org.jspecify.annotations.NullMarked;
