/**
 * Storage engine of event data (logs, spans, profiles): write-ahead log, heads in memory, immutable
 * checksummed parts.
 *
 * <p>A signal implements {@link dev.tethys.store.events.EventSignal} with three types: a head
 * ({@link dev.tethys.store.events.EventHead}) that takes rows in the order of their arrival, a
 * snapshot of it for queries, and an open part. It decides the frames of the log, the rows' form in
 * blocks ({@link dev.tethys.store.events.SectionWriter}), the filter of a block, the sections of a
 * part's footer from {@link dev.tethys.store.events.PartWriter#SIGNAL_SECTIONS} on, and the
 * condition of a deletion, all as bytes that the engine does not read.
 *
 * <p>The engine does the rest: group commit, memory limits, replay, exactly one place for each row
 * after any crash, time partitions, merges, retention, deletion marks, tenants, a full disk. Its
 * guarantees are tested through the store of logs, with a simulated disk.
 *
 * <p>Files are specified where they are written: {@code Manifest}, {@code PartFormat}, {@link
 * dev.tethys.store.events.PartWriter}, {@link dev.tethys.store.events.SectionWriter}.
 */
@NullMarked
package dev.tethys.store.events;

import org.jspecify.annotations.NullMarked;
