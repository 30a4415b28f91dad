/**
 * Parts that readers of all clouds share: requests with their pace, tags, metrics, error logs, and
 * the results of readings.
 */
@NullMarked
package dev.tethys.collect.cloud.reader;

import org.jspecify.annotations.NullMarked;
