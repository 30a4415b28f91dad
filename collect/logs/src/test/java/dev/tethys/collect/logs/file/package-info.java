@NullMarked
package dev.tethys.collect.logs.file;

import org.jspecify.annotations.NullMarked;
