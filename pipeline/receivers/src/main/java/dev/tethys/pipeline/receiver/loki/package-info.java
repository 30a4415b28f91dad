/** Receives Loki's push requests. */
@NullMarked
package dev.tethys.pipeline.receiver.loki;

import org.jspecify.annotations.NullMarked;
