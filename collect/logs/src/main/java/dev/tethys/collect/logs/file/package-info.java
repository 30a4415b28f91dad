/** Log files: which there are, which one each is, how far each was read and delivered. */
@NullMarked
package dev.tethys.collect.logs.file;

import org.jspecify.annotations.NullMarked;
