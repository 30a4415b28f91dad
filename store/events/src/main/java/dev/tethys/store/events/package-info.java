/**
 * Storage engine of event data (logs, spans, profiles): columns in immutable, checksummed files.
 */
@NullMarked
package dev.tethys.store.events;

import org.jspecify.annotations.NullMarked;
