/** Requests between processes: capture of payloads, and metrics of the requests found in them. */
@NullMarked
package dev.tethys.collect.observe.request;

import org.jspecify.annotations.NullMarked;
