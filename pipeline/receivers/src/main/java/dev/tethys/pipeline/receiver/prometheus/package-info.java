/** Scrapes targets as Prometheus does. */
@NullMarked
package dev.tethys.pipeline.receiver.prometheus;

import org.jspecify.annotations.NullMarked;
