/** Queues of alerts to Alertmanagers. */
@NullMarked
package dev.tethys.alert.notify;

import org.jspecify.annotations.NullMarked;
