package dev.tethys.pipeline.privacy;

/**
 * Part of a text that a detector found.
 *
 * @param end index behind the last character
 */
public record Finding(Detector detector, int start, int end) {}
