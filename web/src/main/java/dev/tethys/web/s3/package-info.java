/** Client of S3 and of services that speak its API. */
@NullMarked
package dev.tethys.web.s3;

import org.jspecify.annotations.NullMarked;
