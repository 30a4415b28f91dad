/** Receives requests for Splunk's HTTP Event Collector. */
@NullMarked
package dev.tethys.pipeline.receiver.splunk;

import org.jspecify.annotations.NullMarked;
