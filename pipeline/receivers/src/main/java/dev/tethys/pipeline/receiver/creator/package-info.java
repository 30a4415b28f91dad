/**
 * Receivers that are made for endpoints: rules, templates, hints of pods, and what runs of them.
 */
@NullMarked
package dev.tethys.pipeline.receiver.creator;

import org.jspecify.annotations.NullMarked;
