package dev.tethys.store.metrics;

import java.util.List;

/**
 * What opening a database found.
 *
 * @param snapshot number of the head snapshot that was read, -1 for none
 * @param segments log segments that were replayed
 * @param records their records
 * @param tornBytes bytes at the ends of segments that a crash left unfinished; nothing of them was
 *     acknowledged
 * @param damagedBytes bytes elsewhere that could not be read
 * @param orphans samples whose series stood in damaged bytes
 * @param snapshotDamaged whether the snapshot of the head could not be read to its end
 * @param problems what a person should know, in words
 * @param millis how long it took
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
