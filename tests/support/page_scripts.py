"""Scripts that the tests of the page in one file run in it."""

CUT = """async ([picture, width, height, maps, size]) => {
    const { cutChip } = await import("chips.js");
    const data = Uint8Array.from(atob(picture), (character) => character.charCodeAt(0));
    return maps.map((map) => [...cutChip({ data, width, height }, map, size)]);
}"""
"""The chips of a grey picture in base64."""
RESIZE = """async (pictures) => {
    const { resized } = await import("detection.js");
    return pictures.map(([picture, width, height]) => {
        const data = Uint8Array.from(atob(picture), (character) => character.charCodeAt(0));
        return [...resized({ data, width, height }).searched.data];
    });
}"""
"""Grey pictures in base64, in the size in which they are searched."""
OWN_NETWORKS = """async ([picture, width, height, maps, content, about]) => {
    const { ABOUT } = await import("constants.js");
    const { InferenceSession } = await import("onnxruntime.js");
    const { ChipNetworks } = await import("networks.js");
    const { InspectedNetwork } = await import("responses.js");
    const { Finder } = await import("finder.js");
    const { cutChip } = await import("chips.js");
    const bytes = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    const sessions = [await InferenceSession.create(bytes(content))];
    const networks = Object.assign(new ChipNetworks(), { sessions, ...about });
    const inspected = Object.assign(new InspectedNetwork(), { networks });
    const finder = Object.assign(await Finder.open(), { networks });
    const grey = { data: bytes(picture), width, height };
    return {
        predicted: await networks.predict(grey, maps),
        saliency: [...await inspected.saliency(cutChip(grey, maps[0], networks.size), [0, 1])],
        faces: await Promise.all(ABOUT.schemes.map((scheme) => finder.detect(grey, scheme))),
    };
}"""
"""What another network for iBUG's points, in base64, gives for a grey picture: keypoints in chips,
the saliency of the first two in the first chip, and the faces in all schemes."""
TRACK = """async ([frames, times, width, height]) => {
    const { ABOUT } = await import("constants.js");
    const { Finder } = await import("finder.js");
    const { Tracker } = await import("tracking.js");
    const tracker = new Tracker(await Finder.open(), ABOUT.schemes[0]);
    const found = [];
    for (const [index, frame] of frames.entries()) {
        const data = Uint8Array.from(atob(frame), (character) => character.charCodeAt(0));
        found.push(await tracker.next({ data, width, height }, times[index]));
    }
    return found;
}"""
"""The faces in the frames of a video, grey pictures in base64."""
COCO = """async ([record, name]) => {
    const { ABOUT } = await import("constants.js");
    const { cocoDocument } = await import("coco.js");
    return cocoDocument(record, ABOUT.schemes.find((scheme) => scheme.name === name).category);
}"""
"""COCO's document of a record in a scheme of that name."""
CSV = """async (record) => (await import("tables.js")).faceTable(record)"""
"""The table of a record's faces."""
WEAR = """async ([picture, width, height, keypoints, names]) => {
    const { ABOUT } = await import("constants.js");
    const { openFilter } = await import("filter.js");
    const { applyFilter } = await import("wear.js");
    const data = Uint8ClampedArray.from(atob(picture), (character) => character.charCodeAt(0));
    const image = new ImageData(data, width, height);
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width, height: height * names.length });
    for (const [row, name] of names.entries()) {
        const worn = applyFilter(image, [{ keypoints }], ABOUT.schemes[0], await openFilter(name));
        canvas.getContext("2d").putImageData(worn, 0, row * height);
    }
    return canvas.toDataURL();
}"""
"""The PNG of a picture, RGBA in base64, whose face wears filters, one below the other."""
SEE = """async ([query, side]) => {
    const { example, inside } = await import("api.js");
    const { image, ...facts } = await inside(await example(), query);
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width: side || image.width, height: side || image.height });
    const pen = canvas.getContext("2d");
    pen.imageSmoothingEnabled = false;
    pen.drawImage(image, 0, 0, canvas.width, canvas.height);
    return [canvas.toDataURL(), facts];
}"""
"""What the network sees in the example, as a PNG, with sides of so many pixels unless 0."""
SLOW_CAMERA = """() => {
    const play = HTMLVideoElement.prototype.play;
    HTMLVideoElement.prototype.play = function () {
        const shown = new Promise((done) => { window.startSlowCamera = done; });
        window.slowCamera = shown.then(() => play.call(this));
        return window.slowCamera;
    };
}"""
"""Lets a camera wait for `SHOW_CAMERA` before it shows anything."""
SHOW_CAMERA = """async () => {
    startSlowCamera();
    await slowCamera;
    const view = document.querySelector("#view");
    view.getContext("2d").clearRect(0, 0, view.width, view.height);
}"""
"""Lets it show something, and forgets what was shown before."""
VIOLET = """() => {
    const view = document.querySelector("#view");
    const copy = new OffscreenCanvas(view.width, view.height);
    const pen = copy.getContext("2d", { willReadFrequently: true });
    pen.drawImage(view, 0, 0);
    const { data } = pen.getImageData(0, 0, view.width, view.height);
    let violet = 0;
    for (let at = 0; at < data.length; at += 4) {
        const [red, green, blue] = data.slice(at, at + 3);
        violet += blue > 100 && blue > red && red > 2 * green;
    }
    return violet > view.width * view.height / 150;
}"""
"""Whether the picture that is shown has the colour of the mask: 1.4 % of its pixels with the mask,
0.2 % without."""
FETCH = """url => new Promise((done) => {
    addEventListener("securitypolicyviolation", (event) => done(event.effectiveDirective));
    fetch(url).catch(() => {});
})"""
"""The rule of the page's policy that forbids to fetch an address."""
