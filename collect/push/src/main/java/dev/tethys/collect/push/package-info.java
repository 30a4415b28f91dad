/**
 * Pushgateway: groups of metrics pushed by short-lived jobs, stored on disk before they are
 * acknowledged.
 */
@NullMarked
package dev.tethys.collect.push;

import org.jspecify.annotations.NullMarked;
