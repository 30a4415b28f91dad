package dev.tethys.query.promql;

import org.jspecify.annotations.Nullable;

/**
 * Query cost. Times are seconds.
 *
 * @param totalSamples samples evaluated, each window counted in full at each step
 * @param samplesRead samples read, those that windows share counted once
 * @param peakSamples maximum number of samples held at any time
 * @param totalPerStep total samples by step, when requested
 * @param readPerStep samples read by step, when requested
 * @param stepStart time of the first step, milliseconds
 * @param stepInterval milliseconds between steps
 * @param reuse steps that came from the cache; samples are counted only for the others
 */
public record QueryStatistics(
    double queueTime,
    double preparationTime,
    double innerEvaluationTime,
    double resultSortTime,
    double evaluationTime,
    double totalTime,
    long totalSamples,
    long samplesRead,
    long peakSamples,
    long @Nullable [] totalPerStep,
    long @Nullable [] readPerStep,
    long stepStart,
    long stepInterval,
    CacheReuse reuse) {}
