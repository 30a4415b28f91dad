/**
 * Types shared by all modules: labels, samples, histograms, exemplars, metadata and matchers.
 * Depends on no other module.
 */
@NullMarked
package dev.tethys.model;

import org.jspecify.annotations.NullMarked;
