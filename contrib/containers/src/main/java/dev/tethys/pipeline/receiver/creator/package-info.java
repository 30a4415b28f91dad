/**
 * The receiver {@code receiver_creator}: receivers started for discovered endpoints, from rules,
 * templates and hints of pods.
 */
@NullMarked
package dev.tethys.pipeline.receiver.creator;

import org.jspecify.annotations.NullMarked;
