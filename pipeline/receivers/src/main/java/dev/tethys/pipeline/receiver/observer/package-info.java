/** Endpoints that observers found. */
@NullMarked
package dev.tethys.pipeline.receiver.observer;

import org.jspecify.annotations.NullMarked;
