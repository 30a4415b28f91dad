@NullMarked
package dev.tethys.collect.cloud.reader;

import org.jspecify.annotations.NullMarked;
