package dev.tethys.store.metrics;

import java.util.List;

/**
 * Report about opening a database.
 *
 * @param snapshot number of the head snapshot that was read, -1 for none
 * @param segments log segments that were replayed
 * @param records their records
 * @param tornBytes bytes of incomplete records at the ends of segments after a crash; nothing of
 *     them was acknowledged
 * @param damagedBytes bytes elsewhere that could not be read
 * @param orphans samples whose series record was in damaged bytes
 * @param snapshotDamaged whether the snapshot of the head could not be read to its end
 * @param problems problems described for the operator
 * @param millis duration
 */
public record RecoveryReport(
    long snapshot,
    int segments,
    long records,
    long tornBytes,
    long damagedBytes,
    long orphans,
    boolean snapshotDamaged,
    List<String> problems,
    long millis) {}
