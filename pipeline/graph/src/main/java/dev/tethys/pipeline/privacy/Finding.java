package dev.tethys.pipeline.privacy;

/**
 * Part of a text found by a detector.
 *
 * @param end index after the last character
 */
public record Finding(Detector detector, int start, int end) {}
