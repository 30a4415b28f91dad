/**
 * The nouns that flow through Tethys: labels, samples, histograms, exemplars, metadata and
 * matchers. Knows of no other room.
 */
@NullMarked
package dev.tethys.model;

import org.jspecify.annotations.NullMarked;
