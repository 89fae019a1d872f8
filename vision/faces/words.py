"""Core: why a face or a picture will not do, in Chinese and English, with what to do about it.

The keys go over the wire and into events (`FaceSeen.reason`, `FaceProbed.problem`); the sentences never.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Words:
    """One sentence each, with the remedy."""

    zh: str
    en: str


PROBLEMS: Mapping[str, Words] = MappingProxyType(
    {
        # Of the face
        "no_face": Words("画面中没有找到人脸，请正对镜头", "no face was found; look straight at the camera"),
        "several_faces": Words("画面中不止一人，请一人入镜", "there is more than one person; only one may be seen"),
        "too_small": Words(
            "人脸太小，请靠近镜头或换更清晰的照片", "the face is too small; come closer or send a larger one"
        ),
        "cut_off": Words("人脸超出画面，请移到画面中间", "part of the face is outside the picture; move to its middle"),
        "turned": Words("脸没有正对镜头，请正视镜头", "the face is turned away; look straight at the camera"),
        "blurred": Words("人脸模糊，请站稳并擦净镜头", "the face is blurred; stand still, wipe the lens"),
        "too_dark": Words("人脸太暗，请补光", "the face is too dark; more light is needed"),
        "too_bright": Words("人脸过曝，请避开强光", "the face is overexposed; avoid glaring light"),
        "low_contrast": Words(
            "人脸对比度太低，请避免逆光和雾气", "the face has no contrast; avoid light from behind and haze"
        ),
        # Of the look
        "not_live": Words("不像真人，请勿使用照片或屏幕", "this does not look alive; photos and screens open nothing"),
        "alike": Words("与两位登记人员都相似，无法确定", "two enrolled people look too much like this one"),
        "moved": Words(
            "看的时间太短，请在镜头前停留片刻", "too few good frames; stay in front of the camera for a moment"
        ),
        "doubtful": Words(
            "与登记的样子不够相似，请正视镜头", "not alike enough to be sure; look straight at the camera"
        ),
        "look_alike": Words("与“非本人”名单中的人相似", "this looks like somebody marked as not this person"),
        # Of the duty
        "no_model": Words("缺少人脸模型，请执行 menwei models pull", "a face model is missing; run menwei models pull"),
        "no_camera": Words("没有这个人脸相机或没有画面", "there is no such face camera, or it gives no picture"),
        "timed_out": Words("规定时间内没有合适的画面，请重试", "no good frame in time; try again"),
        "busy": Words("正在处理其他录入，请稍后再试", "another enrolment is in progress; try again in a moment"),
        "no_eyes": Words("识别进程未运行或未应答，请稍后再试", "the eyes do not run or answer; try again in a moment"),
        # Of a picture that was sent
        "empty": Words("文件为空", "the file is empty"),
        "not_a_file": Words("不是普通文件", "this is not a regular file"),
        "unreadable": Words("无法读取文件，请检查路径和权限", "the file cannot be read; check path and rights"),
        "too_many_bytes": Words("文件过大，上限 8 MB", "the file is too large; at most 8 MB"),
        "not_a_picture": Words("不是 JPEG、PNG 或 WebP 图片", "this is not a JPEG, PNG or WebP picture"),
        "heic": Words(
            "HEIC/AVIF 照片无法读取，请导出为 JPEG", "HEIC and AVIF pictures are not read; export it as JPEG"
        ),
        "too_many_pixels": Words(
            "图片尺寸过大，请缩小到 4000 万像素以内", "the picture has too many pixels; at most 40 million"
        ),
        "too_few_pixels": Words("图片尺寸过小，边长至少 64 像素", "the picture is too small; sides of 64 px at least"),
        "animated": Words("这是动画，请发送静态照片", "this is an animation; send a still picture"),
        "broken": Words("图片损坏或不完整，请重新导出", "the picture is damaged or incomplete; export it again"),
        "timeout": Words("处理超时，请换一张照片", "reading it took too long; send another picture"),
        "native_library": Words(
            "缺少系统库，请执行 python -m vision.native --install",
            "a system library is missing; run python -m vision.native --install",
        ),
        "crashed": Words("该图片使解码进程崩溃，请重新导出", "this picture crashed its decoder; export it again"),
    }
)
"""By key."""


def words(key: str) -> Words:
    """What to say for a key; the key itself where a newer peer knows more than this one."""
    return PROBLEMS.get(key) or Words(key, key)
