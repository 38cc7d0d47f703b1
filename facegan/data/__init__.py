"""Where faces come from: CelebA, any folder of labelled images, or drawn ones; and the prepared data set."""
