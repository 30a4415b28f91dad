/** Where recorded events go: files, standard output, webhooks, Kafka; and what is configured. */
@NullMarked
package dev.tethys.alert.manager.recorder.output;

import org.jspecify.annotations.NullMarked;
