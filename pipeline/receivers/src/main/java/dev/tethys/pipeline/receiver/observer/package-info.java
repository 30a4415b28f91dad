/** Endpoints found by observers. */
@NullMarked
package dev.tethys.pipeline.receiver.observer;

import org.jspecify.annotations.NullMarked;
