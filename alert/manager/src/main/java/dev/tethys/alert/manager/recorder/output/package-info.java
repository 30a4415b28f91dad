/** Outputs of recorded events: files, standard output, webhooks, Kafka. */
@NullMarked
package dev.tethys.alert.manager.recorder.output;

import org.jspecify.annotations.NullMarked;
