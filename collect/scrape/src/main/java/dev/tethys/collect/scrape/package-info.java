/** Scraping: targets, scrape loops, and the processing of scraped samples. */
@NullMarked
package dev.tethys.collect.scrape;

import org.jspecify.annotations.NullMarked;
