/**
 * What receivers have in common that look at something in rounds: their metrics and what a
 * configuration says of them, points, resources, and the rounds themselves.
 */
@NullMarked
package dev.tethys.pipeline.receiver.scraping;

import org.jspecify.annotations.NullMarked;
